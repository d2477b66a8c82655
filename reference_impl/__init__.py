"""The right way to feed Keras: what a learner reads, and what the kit is calibrated on.

Start with :mod:`reference_impl.generator` – one page, the generator the tutorial wanted to be.
Beside it: ``batching`` (how an epoch is cut), ``augmentation`` and ``warp`` (what happens to an
image), ``loader`` and ``folder`` (class folders of photographs), ``split``, ``dataset`` (the same
as a ``keras.utils.PyDataset``), ``model``, ``training``, ``comparison`` and ``plot``.

Importing this package imports nothing else, so that a test of one module pays for that one only.
"""
