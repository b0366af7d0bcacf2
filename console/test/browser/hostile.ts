/** What a customer may write into any field. */
export const hostile = [
  '<img src=x onerror="document.title=\'taken\'"><script>document.title="taken"</script>',
  '\u001b[31mred\u001b[0m',
  'exe.\u202egpj.tac\u202c',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that is what is tried
  '\u200b\u00ad"\'`${7*7}{{7*7}}',
  "'; drop table makegood.inbox; --",
].join(' ')

/** A hundred thousand characters without a place to break. */
export const huge = 'w'.repeat(100_000)
