"""Reports: what a reader is told. They see verdicts, never a run."""
