# Exported by reticulate; the code is in R/rkeras.
`%as%` <- `%as%`
