"""The clauses: one module a chapter, one function a clause, its docstring the contract text."""
