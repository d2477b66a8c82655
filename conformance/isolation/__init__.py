"""A subject in a process of its own: what it does to itself costs a process, never the session.

* :mod:`~conformance.isolation.host` asks, waits with limits, and turns faults into endings;
* :mod:`~conformance.isolation.boot` and :mod:`~conformance.isolation.child` run beside the subject;
* :mod:`~conformance.isolation.watch` decides between slow, waiting, stalled and too large.
"""
