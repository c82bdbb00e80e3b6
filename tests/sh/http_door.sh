# SPDX-License-Identifier: BSD-2-Clause
# The daemon's HTTP server as a peer on a socket meets it.
exec python3 "$srcdir/lib/http_door.py" lib/httpd_echo
