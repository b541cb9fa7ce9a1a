// Keeps labels apart.

/** Moves places at least `step` apart, keeping their order, between `from` and `to` as far as there is room. */
export function spread(places: readonly number[], step: number, from: number, to: number): number[] {
  const order = places.map((place, i) => ({ place, i })).sort((a, b) => a.place - b.place)
  let low = from
  for (const entry of order) low = (entry.place = Math.max(entry.place, low)) + step
  let high = Math.max(to, from + step * (order.length - 1))
  for (const entry of order.toReversed()) high = (entry.place = Math.min(entry.place, high)) - step
  const moved = [...places]
  for (const { place, i } of order) moved[i] = place
  return moved
}
