"""Edits field by field: nobody's value is ever overwritten unseen.

An edit says for each field what the user saw (`was`) and wants (`now`). Where the present value is
neither, the field is a conflict: it stays, and a Conflict row keeps base, mine and theirs until
somebody settles it with ResolveConflict. Every change leaves a FieldChange, the field's history.
"""
