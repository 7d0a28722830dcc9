# Exported by tensorflow too; the code is in R/tfruns.
flags <- flags
flag_numeric <- flag_numeric
flag_integer <- flag_integer
flag_boolean <- flag_boolean
flag_string <- flag_string
run_dir <- run_dir
