/** Those of which it is calculated what they need: ours that somebody would run on servers. */
export const sized = ['one process', 'services', 'packed', 'quorum', 'queues', 'kafka', 'mysql']
