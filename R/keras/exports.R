# Functions of the catalogue with the formals and defaults of the second generation, the
# k_ functions, and those that can only say what to do instead.

.legacy_rows <- .ask("legacy_exports", list(), NULL)
.define_rows(.legacy_rows, "keras::", environment())

.gone <- function(text) stop(simpleError(text, sys.call(-1L)))
eval(
  parse(text = sprintf("%s <- function(%s) .gone(%s)", .legacy_rows$gone, .legacy_rows$gone_formals,
                       vapply(.legacy_rows$gone_text, deparse1, "")), keep.source = FALSE),
  environment())
