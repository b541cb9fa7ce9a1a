// The manner all charts share: few ticks, hairlines, direct labels instead of a legend.

import type uPlot from 'uplot'
import { faded, ink } from '../theme'
import type { Span } from './lines'
import { spread } from './spread'

export const FONT = "11px 'Inter Variable', system-ui, sans-serif"
const LABEL_FONT = "650 10.5px 'Inter Variable', system-ui, sans-serif"
const LABEL_PX = 12

/** An axis with text in the quiet colour and hairlines across the plot. */
export function axis(options: Partial<uPlot.Axis> = {}): uPlot.Axis {
  return {
    font: FONT,
    stroke: ink('--dim'),
    grid: { stroke: ink('--line'), width: 1 },
    ticks: { show: false },
    gap: 6,
    size: 34,
    ...options,
  }
}

export type EndLabel = { series: number; text: string; colour: string }

/** Names lines at their right end, moved apart where they would overlap. */
export function endLabels(labels: () => readonly EndLabel[]): uPlot.Plugin {
  return {
    hooks: {
      draw: (plot) => {
        const ratio = devicePixelRatio
        const { left, top, width, height } = plot.bbox
        const x = left + width + 5 * ratio
        const wanted = labels().flatMap(({ series, text, colour }) => {
          const values = plot.data[series] as readonly (number | null | undefined)[] | undefined
          // A line that ended before the last two points belongs to a car that is out.
          const last = values?.slice(-2).findLast((value) => value != null)
          if (last == null) return []
          const y = plot.valToPos(last, plot.series[series]?.scale ?? 'y', true)
          return y < top - 2 || y > top + height + 2 ? [] : [{ text, colour, y }]
        })
        const step = LABEL_PX * ratio
        const ys = spread(wanted.map((label) => label.y), step, top + step / 2, top + height - step / 4)
        const { ctx } = plot
        ctx.save()
        ctx.font = LABEL_FONT.replace('10.5', String(10.5 * ratio))
        ctx.textBaseline = 'middle'
        ctx.textAlign = 'left'
        wanted.forEach(({ text, colour }, i) => {
          ctx.fillStyle = colour
          ctx.fillText(text, x, ys[i] as number)
        })
        ctx.restore()
      },
    },
  }
}

const SPAN: Record<Span['kind'], { name: string; colour: '--yellow' | '--red'; opacity: number }> = {
  safety_car: { name: 'SC', colour: '--yellow', opacity: 0.14 },
  virtual_safety_car: { name: 'VSC', colour: '--yellow', opacity: 0.08 },
  red: { name: 'RED', colour: '--red', opacity: 0.18 },
}

/** Shades the laps under safety car, VSC or red flag, and names them. */
export function shadedSpans(spans: () => readonly Span[]): uPlot.Plugin {
  return {
    hooks: {
      drawClear: (plot) => {
        const { ctx, bbox } = plot
        ctx.save()
        ctx.font = FONT.replace('11', String(10 * devicePixelRatio))
        ctx.textBaseline = 'top'
        ctx.textAlign = 'left' // axes leave theirs behind
        for (const span of spans()) {
          const { name, colour, opacity } = SPAN[span.kind]
          const x = Math.max(bbox.left, plot.valToPos(span.from, 'x', true))
          const right = Math.min(bbox.left + bbox.width, plot.valToPos(span.to, 'x', true))
          if (right <= x) continue
          ctx.fillStyle = faded(ink(colour), opacity)
          ctx.fillRect(x, bbox.top, right - x, bbox.height)
          ctx.fillStyle = ink(colour === '--yellow' ? '--yellow-text' : '--red-text')
          ctx.fillText(name, x + 4 * devicePixelRatio, bbox.top + 4 * devicePixelRatio)
        }
        ctx.restore()
      },
    },
  }
}
