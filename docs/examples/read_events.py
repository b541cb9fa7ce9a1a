#!/usr/bin/env python3
"""Reads Overcut's topics with clients of others, and says what it saw.

    python3 -m venv venv && venv/bin/pip install confluent-kafka protobuf grpcio-tools
    venv/bin/python -m grpc_tools.protoc -I proto --python_out=. proto/overcut/v1/*.proto
    PYTHONPATH=. venv/bin/python docs/examples/read_events.py 127.0.0.1:9092 [prefix]

Ends when nothing new came for some seconds. Fails if a number of a session is missing.
"""

import sys
import time

from confluent_kafka import Consumer
from overcut.v1 import messages_pb2

# Seconds without news after which everything was read.
PATIENCE = 8


class Log:
    """One session on one topic: the three rules of docs/bus.md."""

    def __init__(self):
        self.revision, self.next = 0, 0

    def is_new(self, number):
        if number.revision > self.revision:
            self.revision, self.next = number.revision, 0  # told anew: forget what was made of it
        if number.revision < self.revision or number.sequence < self.next:
            return False  # seen
        if number.sequence > self.next:
            sys.exit(f"{number.session}: a hole before {number.sequence}, expected {self.next}")
        self.next += 1
        return True


def main():
    brokers, prefix = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "overcut."
    consumer = Consumer({
        "bootstrap.servers": brokers,
        "group.id": f"read-events-{time.time_ns()}",
        "auto.offset.reset": "earliest",
        "session.timeout.ms": 6000,
        "max.poll.interval.ms": 6000,
    })
    consumer.subscribe([prefix + topic for topic in ("sessions", "events", "insights")])
    logs, kinds, alerts, sessions = {}, {}, {}, {}
    heard_at = time.monotonic()
    while time.monotonic() - heard_at < PATIENCE:
        record = consumer.poll(0.5)
        if record is None:
            continue
        if record.error():
            sys.exit(record.error().str())
        heard_at = time.monotonic()
        topic = record.topic().removeprefix(prefix)
        if topic == "sessions":
            session = messages_pb2.SessionRecord.FromString(record.value())
            sessions[session.session] = session
        elif topic == "events":
            message = messages_pb2.EventMessage.FromString(record.value())
            log = logs.setdefault((message.number.session, topic), Log())
            if log.is_new(message.number):
                kind = message.event.WhichOneof("event")
                kinds[kind] = kinds.get(kind, 0) + 1
        else:
            message = messages_pb2.InsightMessage.FromString(record.value())
            if message.WhichOneof("message") != "insight":
                continue
            insight = message.insight
            log = logs.setdefault((insight.number.session, topic), Log())
            if log.is_new(insight.number):
                session = insight.number.session
                alerts[session] = alerts.get(session, 0) + 1
    consumer.close()
    for name in sorted(sessions):
        log = logs.get((name, "events"), Log())
        print(f"{name}: revision {log.revision}, {log.next} events, {alerts.get(name, 0)} alerts")
    for kind in sorted(kinds):
        print(f"  {kinds[kind]:>7} {kind}")


if __name__ == "__main__":
    main()
