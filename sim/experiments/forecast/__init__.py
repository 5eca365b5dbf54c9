"""The campaign again, consistent with the record of what was really released.

In: a scenario and its reports. Out: the files of a run, of campaigns that agree with the record,
and `forecast.csv`, `learned.csv`, `reports.csv`, `recipes.parquet`, pictures, lines for the
terminal. `histories` simulates up to the last report, `conditioning` finds the recipes of campaigns
that agree, `places` says where the reports lie among them, `learned` what they taught.
"""
