# Exported by tensorflow too; the code is in R/rkeras and R/reticulate.
`%as%` <- `%as%`
array_reshape <- array_reshape
import <- import
tuple <- tuple
dict <- dict
use_python <- use_python
use_virtualenv <- use_virtualenv
use_condaenv <- use_condaenv
np_array <- np_array
