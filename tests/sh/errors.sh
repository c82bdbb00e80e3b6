# SPDX-License-Identifier: BSD-2-Clause
# moniker-errors(7) tells the cause and the remedy of each message, and of no
# message that is gone.
cd "$top_srcdir" || exit 1
python3 doc/errors.py . doc/errors.in --check
