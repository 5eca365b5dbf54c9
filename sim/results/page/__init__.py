"""The report of a result: one page to hand over, and the same tables as a workbook.

In: result folders that were read; nothing is simulated. Out: the bytes of an HTML file or of a
workbook. A report is a list of parts (`part`): words, tables, figures. Each file but the helpers
makes one part of a run: `answer`, `dates`, `years`, `places`, `money`, `crews`, `assumptions`,
`limits`, `made`; experiments make theirs in their own rooms. `html` and `workbook` write parts,
`figures` has pictures drawn.
"""
