// Asks the service in this container at the path that is given, and says what it answers. Ends with 0 if all is well.
const [path] = process.argv.slice(2)
const url = `http://127.0.0.1:${process.env.PORT}${path}`
try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(4_000) })
  console.log(await answer.text())
  process.exit(answer.ok ? 0 : 1)
} catch (error) {
  console.log(`${url}: ${error.cause?.message ?? error.message}`)
  process.exit(1)
}
