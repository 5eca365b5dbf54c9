"""The bulk part of sampling, in compiled code: what would take too long number by number.

In: keys and laws as arrays. Out: arrays. `streams` is the one statement of the random generator;
`bulk` fills one piece of land, `parcels` all pieces; `attacks`, `crews` and `calendar` serve their
namesakes one floor up.
"""
