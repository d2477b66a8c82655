"""Keras in the loop: what reaches ``train_step`` and ``test_step`` under the real ``model.fit``.

* :mod:`~conformance.training.recipe` says what a user's own numbers of steps will show the model;
* :mod:`~conformance.training.pool` keeps one process with a backend for all subjects of a session;
* :mod:`~conformance.training.observer` trains in it, the rest of this package is its tools.

Only the observer and its tools import Keras.
"""
