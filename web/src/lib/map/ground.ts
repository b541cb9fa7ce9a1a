// What does not move on the map: outline, pit lane, line, corner numbers, flagged sectors.

import type { Track } from '../wire'
import { fit, place, type Fit, type Point, type Shape } from './geometry'
import { overlaps, type Box } from './labels'

export type Inks = {
  track: string; line: string; text: string; dim: string; ground: string; yellow: string; red: string
}

/** The corner numbers as placed: nothing else may be written there. */
export type Ground = { fit: Fit; boxes: Box[] }

const TRACK_PX = 7
/** How far off the track a corner's number may stand, the nearest first. */
const CORNER_OFF_PX = [16, 20, 26]
const CORNER_SIZE_PX = 14
/** Numbers keep this far from every stretch of track, so that no car drives over them. */
const CORNER_CLEAR_PX = 13

function trace(canvas: CanvasRenderingContext2D, points: readonly Point[], to: Fit): void {
  canvas.beginPath()
  points.forEach((point, i) => {
    const { x, y } = place(point, to)
    if (i === 0) canvas.moveTo(x, y)
    else canvas.lineTo(x, y)
  })
}

/** Colour of the whole track: safety car and red flag tint it. */
function surface(track: Track | null, inks: Inks): string {
  switch (track?.status) {
    case 'safety_car':
    case 'virtual_safety_car':
    case 'virtual_safety_car_ending':
      return `color-mix(in srgb, ${inks.yellow} 42%, ${inks.track})`
    case 'red':
      return `color-mix(in srgb, ${inks.red} 60%, ${inks.track})`
    default:
      return inks.track
  }
}

export function paintGround(
  canvas: CanvasRenderingContext2D,
  shape: Shape,
  track: Track | null,
  inks: Inks,
  width: number,
  height: number,
): Ground {
  const to = fit(shape.points, width, height, Math.min(30, width * 0.07))
  canvas.clearRect(0, 0, width, height)
  canvas.lineJoin = canvas.lineCap = 'round'
  if (shape.map.pit_lane_dm.length > 1) {
    trace(canvas, shape.map.pit_lane_dm.map(([x, y]) => shape.turn(x, y)), to)
    canvas.strokeStyle = inks.line
    canvas.lineWidth = 2
    canvas.stroke()
  }
  trace(canvas, shape.points, to)
  canvas.closePath()
  canvas.strokeStyle = surface(track, inks)
  canvas.lineWidth = TRACK_PX
  canvas.stroke()
  for (const { sector, is_double } of track?.yellow_sectors ?? []) paintYellow(canvas, shape, to, sector, is_double, inks)
  paintLine(canvas, shape, to, inks)
  return { fit: to, boxes: paintCorners(canvas, shape, to, inks, width, height) }
}

function paintYellow(
  canvas: CanvasRenderingContext2D, shape: Shape, to: Fit, sector: number, isDouble: boolean, inks: Inks,
): void {
  const starts = shape.map.marshal_sectors_m
  const from = starts[sector - 1]
  if (from === undefined) return
  trace(canvas, shape.stretch(from, starts[sector % starts.length] as number), to)
  canvas.strokeStyle = inks.yellow
  canvas.lineWidth = isDouble ? TRACK_PX + 5 : TRACK_PX + 1
  canvas.stroke()
  if (!isDouble) return
  // Two bars for the double yellow: a dark line along the middle.
  canvas.strokeStyle = inks.ground
  canvas.lineWidth = 2.5
  canvas.stroke()
}

function paintLine(canvas: CanvasRenderingContext2D, shape: Shape, to: Fit, inks: Inks): void {
  const start = shape.at(0)
  const { x, y } = place(start, to)
  canvas.beginPath()
  canvas.moveTo(x - start.dy * 9, y + start.dx * 9)
  canvas.lineTo(x + start.dy * 9, y - start.dx * 9)
  canvas.strokeStyle = inks.text
  canvas.lineWidth = 2.5
  canvas.stroke()
}

/** Writes each corner's number beside it, on the side with more room; one that finds none is left out. */
function paintCorners(
  canvas: CanvasRenderingContext2D, shape: Shape, to: Fit, inks: Inks, width: number, height: number,
): Box[] {
  canvas.font = "500 10px 'Inter Variable', sans-serif"
  canvas.textAlign = 'center'
  canvas.textBaseline = 'middle'
  canvas.fillStyle = inks.dim
  const outline = shape.points.map((point) => place(point, to))
  const room = (point: Point): number =>
    Math.min(...outline.map((other) => Math.hypot(other.x - point.x, other.y - point.y)))
  const boxes: Box[] = []
  for (const corner of shape.map.corners) {
    const at = shape.at(corner.distance_m)
    const on = place(at, to)
    const places = CORNER_OFF_PX.flatMap((off) =>
      [1, -1]
        .map((side) => ({ x: on.x - at.dy * side * off, y: on.y + at.dx * side * off }))
        .sort((a, b) => room(b) - room(a)),
    )
    const free = places.find((point) => {
      const box = boxAround(point)
      const isInside = box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height
      return isInside && room(point) >= CORNER_CLEAR_PX && !boxes.some((other) => overlaps(box, other))
    })
    if (free === undefined) continue
    boxes.push(boxAround(free))
    canvas.fillText(`${corner.number}${corner.letter}`, free.x, free.y + 0.5)
  }
  return boxes
}

function boxAround({ x, y }: Point): Box {
  return { x: x - CORNER_SIZE_PX / 2, y: y - CORNER_SIZE_PX / 2, width: CORNER_SIZE_PX, height: CORNER_SIZE_PX }
}
