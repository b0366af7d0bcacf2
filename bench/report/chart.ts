import { setUps } from '../set-ups.ts'
import type { Summary } from './summary.ts'

/** Sagas per second as an SVG: a panel for each load, a bar for each set-up, a line from the slowest to the fastest round. */
export function chartOf(summaries: readonly Summary[]): string {
  const everyLoad = setUps.filter(({ inFlight }) => inFlight === undefined).map(({ name }) => name)
  const measured = summaries.filter(({ rounds, setUp }) => rounds > 0 && everyLoad.includes(setUp))
  const names = setUps.map(({ name }) => name).filter(name => measured.some(({ setUp }) => setUp === name))
  const loads = [...new Set(measured.map(({ inFlight }) => inFlight))].sort((a, b) => a - b)
  const panelHeight = 34 + names.length * rowHeight
  const columns = 2
  const [width, height] = [columns * panelWidth, 46 + Math.ceil(loads.length / columns) * panelHeight]
  const panels = loads.map((inFlight, index) => {
    const [x, y] = [(index % columns) * panelWidth, 46 + Math.floor(index / columns) * panelHeight]
    const bars = names.flatMap(
      name => measured.find(({ setUp, ...load }) => setUp === name && load.inFlight === inFlight) ?? [],
    )
    return `<g transform="translate(${x} ${y})">${panelOf(inFlight, bars)}</g>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="#1f2933">
<title>Sagas per second of every set-up, by the number of orders in flight</title>
<rect width="${width}" height="${height}" fill="#ffffff"/>
<text x="12" y="24" font-size="16" font-weight="600">The order saga: sagas per second</text>
<g transform="translate(${width - 250} 13)"><rect width="12" height="12" fill="${colours.makegood}"/><text x="18" y="11">makegood</text><rect x="110" width="12" height="12" fill="${colours.peer}"/><text x="128" y="11">others</text></g>
${panels.join('\n')}
</svg>
`
}

function panelOf(inFlight: number, bars: readonly Summary[]): string {
  const most = Math.max(...bars.map(({ fastest }) => fastest))
  const length = (rate: number) => Math.round((rate / most) * barsWidth * 10) / 10
  const rows = bars.map(({ setUp, sagasPerSecond, slowest, fastest }, index) => {
    const whose = setUps.find(({ name }) => name === setUp)?.whose ?? 'peer'
    const middle = rowHeight / 2
    return `<g transform="translate(0 ${30 + index * rowHeight})">
<text x="${labelsWidth - 8}" y="${middle + 4}" text-anchor="end">${setUp}</text>
<rect x="${labelsWidth}" y="3" width="${length(sagasPerSecond)}" height="${rowHeight - 6}" fill="${colours[whose]}"/>
<line x1="${labelsWidth + length(slowest)}" x2="${labelsWidth + length(fastest)}" y1="${middle}" y2="${middle}" stroke="#1f2933"/>
<text x="${labelsWidth + length(fastest) + 6}" y="${middle + 4}">${sagasPerSecond.toFixed(0)}</text>
</g>`
  })
  return `<text x="12" y="20" font-weight="600">${inFlight} in flight</text>\n${rows.join('\n')}`
}

const [panelWidth, labelsWidth, barsWidth, rowHeight] = [480, 130, 290, 22]
const colours = { makegood: '#0f766e', peer: '#9aa5b1' }
