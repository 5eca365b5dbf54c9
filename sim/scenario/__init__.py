"""What a scenario file states: from text to one frozen, checked `Scenario`.

In: paths of TOML files, settings from the command line. Out: `Scenario`, or a `ScenarioError` with
every problem at once. Read `scenario` first (the root of all tables; `land`, `crews`, `attacks`,
`calendar` and `money` hold them), then `laws` and `families` (numbers that are not known), `kinds`
(what a key may hold), `keys` (dotted addresses). `reading` joins files; `lists` makes sectors of
lists of areas, by their `rows` (`sheets` and `layers`: what is in their files; `guesses`: what that
is likely to mean); `validation` and `checks` say what is wrong, `messages` in which words;
`variants` loads and changes, `settings` reads KEY=VALUE; `dates` turns seconds into dates; `schema`
and `reference` describe the file. `reports` reads the `record` by its `record_rows`: only forecasts
need it.
"""
