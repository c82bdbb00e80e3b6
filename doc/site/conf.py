# SPDX-License-Identifier: BSD-2-Clause
"""The pages of doc/, the manuals and README.rst as a site: "make html".

The pages are plain reStructuredText and read well as they stand. They name
each other as files, ``doc/tls.rst``, and manuals as ``monikerd.conf``\\(5) or
*monikerd.conf*\\(5). Here both become links. To name a page that is not there
is a warning, and "make html" takes warnings for errors.
"""
import os
import re

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging

project = "moniker"
author = "the authors of moniker"
copyright = author  # pylint: disable=redefined-builtin
version = release = os.environ.get("MONIKER_VERSION", "")
language = "en"
exclude_patterns = ["VSC_moniker.rst"]  # a part of vmod_moniker(3)
html_theme = "furo"
html_title = f"moniker {release}".strip()
html_show_sphinx = False
html_copy_source = False
html_use_index = False
highlight_language = "none"

FILE = re.compile(r"(?:doc/|\.\./|/usr/share/doc/moniker/)?([\w.-]+)\.rst$")
SECTION = re.compile(r"\((\d)\)")
OURS = re.compile(r"(vmod_)?moniker")
SEVERAL = "architecture-PART"


def find(app, name):
    """The page of a file or manual, such as monikerd.8 for monikerd."""
    for page in app.env.found_docs:
        if name.lower() in (page.lower(), re.sub(r"\.\d$", "", page).lower()):
            return page
    return None


def target(app, node, docname):
    """The page that a word in special type names, or None."""
    text = node.astext()
    m = FILE.match(text)
    after = node.next_node(descend=False, siblings=True)
    if m and m[1] != SEVERAL:
        name = m[1]
    elif isinstance(after, nodes.Text) and SECTION.match(after.astext()) and \
            OURS.match(text):
        name = text
    else:
        return None
    page = find(app, name)
    if page is None:
        logging.getLogger(__name__).warning("no page for %s", text,
                                            location=node)
    return None if page == docname else page


def link(app, doctree):
    docname = app.env.docname
    for node in list(doctree.findall(
            lambda n: isinstance(n, (nodes.literal, nodes.emphasis,
                                     nodes.strong)))):
        page = target(app, node, docname)
        if page is None:
            continue
        ref = addnodes.pending_xref(
            "", node.deepcopy(), refdomain="std", reftype="doc",
            reftarget=page, refdoc=docname, refexplicit=True, refwarn=True)
        node.replace_self(ref)


def setup(app):
    app.connect("doctree-read", link)
    return {"parallel_read_safe": True}
