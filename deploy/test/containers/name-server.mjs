// Answers as the name server does that an engine gives its containers at 127.0.0.11: with what is in /etc/hosts.
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'

const addressesOf = name =>
  readFileSync('/etc/hosts', 'utf8')
    .split('\n')
    .map(line => line.split(' '))
    .flatMap(([address, ...names]) => (names.includes(name) ? [address.split('.').map(Number)] : []))

const server = createSocket('udp4')
server.on('message', (question, { address, port }) => {
  const labels = []
  let at = 12
  for (; question[at] !== 0; at += 1 + question[at])
    labels.push(question.toString('latin1', at + 1, at + 1 + question[at]))
  const addresses = addressesOf(labels.join('.').toLowerCase())
  const isAddress = question.readUInt16BE(at + 1) === 1
  const answers = isAddress
    ? addresses.map(bytes => Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...bytes]))
    : []
  const flags = addresses.length > 0 ? 0x80 : 0x83
  const head = Buffer.from([question[0], question[1], 0x81, flags, 0, 1, 0, answers.length, 0, 0, 0, 0])
  server.send(Buffer.concat([head, question.subarray(12, at + 5), ...answers]), port, address)
})
server.bind(53, '127.0.0.11')
