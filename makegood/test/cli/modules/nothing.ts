export default { services: [] }
