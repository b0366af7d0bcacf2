/** What stands for a value that not everybody may see. */
export const masked = '•••'
