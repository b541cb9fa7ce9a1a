#!/usr/bin/env python3
"""Asks a Spark cluster what `overcut sql` answers, over the same folder of tables.

    python3 -m venv venv && venv/bin/pip install pyspark==4.3.0    # and Java 17
    venv/bin/python deploy/spark/compare.py DATA_FOLDER OVERCUT    # a data folder with tables, a program built with sql

Starts a master and two workers on this machine, asks the questions of queries.sql, holds each answer against that of
`overcut sql --json`, and stops what it started. Fails if an answer differs, or if one worker did all the work.
"""

import json
import math
import os
import re
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pyspark
from pyspark.sql import SparkSession

HERE = Path(__file__).parent
HOST, PORT = "127.0.0.1", 17077
MASTER = f"spark://{HOST}:{PORT}"
N_WORKERS = 2


def start(stack, *arguments):
    """A process of the cluster, stopped in the end."""
    home = Path(pyspark.__file__).parent
    process = subprocess.Popen(
        [home / "bin/spark-class", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": HOST},
    )
    stack.callback(process.wait)
    stack.callback(process.terminate)


def connect():
    session = SparkSession.builder.master(MASTER).appName("overcut")
    for name, value in {
        "spark.driver.host": HOST,
        "spark.driver.bindAddress": HOST,
        "spark.executor.cores": 1,
        "spark.executor.memory": "1g",
        "spark.sql.shuffle.partitions": 2 * N_WORKERS,
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": False,
        "spark.ui.showConsoleProgress": False,
        "spark.log.level": "ERROR",
    }.items():
        session = session.config(name, value)
    return session.getOrCreate()


def wait_for_workers(spark):
    """The driver is counted with its executors."""
    deadline = time.monotonic() + 60
    while spark.sparkContext._jsc.sc().getExecutorMemoryStatus().size() <= N_WORKERS:
        if time.monotonic() > deadline:
            sys.exit("the workers did not come")
        time.sleep(0.2)


def hosts_of(spark):
    """The process that each of many small pieces of work was done by."""
    pieces = spark.sparkContext.parallelize(range(64), 64)
    return set(pieces.map(lambda _: os.getppid()).collect())


def of_overcut(program, data, query):
    command = [program, "--data", data, "sql", "--json", "--limit", "1000000", query]
    answer = subprocess.run(command, check=True, capture_output=True)
    return json.loads(answer.stdout)["rows"]


def is_same(ours, theirs):
    if isinstance(ours, float) or isinstance(theirs, float):
        return None not in (ours, theirs) and math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9)
    return ours == theirs


def first_difference(ours, theirs):
    if len(ours) != len(theirs):
        return f"{len(theirs)} rows, not {len(ours)}"
    for n, (left, right) in enumerate(zip(ours, theirs)):
        if not all(map(is_same, left, right)):
            return f"row {n + 1}: {list(right)}, not {left}"
    return None


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    data, program = sys.argv[1:]
    os.environ["PYSPARK_PYTHON"] = sys.executable
    queries = [query.strip() for query in re.split(r";\s*\n", (HERE / "queries.sql").read_text()) if query.strip()]
    with ExitStack() as stack:
        start(stack, "org.apache.spark.deploy.master.Master", "--host", HOST, "--port", str(PORT), "--webui-port", "0")
        for _ in range(N_WORKERS):
            worker = ["org.apache.spark.deploy.worker.Worker", "--host", HOST, "--cores", "1", "--memory", "1g"]
            start(stack, *worker, "--webui-port", "0", MASTER)
        spark = connect()
        stack.callback(spark.stop)
        wait_for_workers(spark)
        for table in sorted(Path(data, "tables").iterdir()):
            # Each session's file may have columns that another lacks, when an older Overcut wrote it.
            spark.read.option("mergeSchema", True).parquet(str(table)).createOrReplaceTempView(table.name)
        n_different = 0
        print(f"{'rows':>8} {'overcut':>9} {'cluster':>9}")
        for query in queries:
            began = time.monotonic()
            ours = of_overcut(program, data, query)
            between = time.monotonic()
            theirs = [list(row) for row in spark.sql(query).collect()]
            ended = time.monotonic()
            difference = first_difference(ours, theirs)
            n_different += difference is not None
            head = " ".join(query.split())[:60]
            print(f"{len(ours):>8} {between - began:>8.1f}s {ended - between:>8.1f}s  {difference or 'same'}  {head}")
        n_hosts = len(hosts_of(spark))
        print(f"{n_hosts} executors worked")
        if n_different or n_hosts < N_WORKERS:
            sys.exit(1)


if __name__ == "__main__":
    main()
