// Stands in the network of the containers, is handed ports of this machine, and leads whoever comes there to a container.
import { connect } from 'node:net'

process.on('message', (container, door) => {
  door.on('connection', outside => {
    const inside = connect(container)
    outside.pipe(inside).pipe(outside)
    for (const end of [outside, inside]) {
      end.setNoDelay(true)
      end.on('error', () => {
        outside.destroy()
        inside.destroy()
      })
    }
  })
})
process.on('disconnect', () => process.exit())
