"""The store: one database per case, and one of the same shape for the site's hash lists.

`database` opens it, `schema` draws its tables, ``migrations`` brings old ones up to date; then
there is one module of plain functions per aggregate. Every function takes a connection, so that the
caller decides what one transaction is.
"""

from __future__ import annotations
