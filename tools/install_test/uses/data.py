"""The extra `data`: real reviews, without network."""

import rkeras_port as rk

imdb = rk.dataset_imdb(num_words=1000, source="bundled")
assert (len(imdb.train.x), len(imdb.test.x)) == (20_000, 5_000)
