# SPDX-License-Identifier: BSD-2-Clause
# Maps that somebody edited, before the reader and the checker.
: "${FUZZ_SECONDS:=5}"
. "$srcdir/fuzz/run.sh"

fuzz fuzz_map map/map_view.c map/map_pool.c map/map_attach.c \
    map/map_reader.c map/map_table.c map/map_table_put.c \
    map/map_table_open.c map/map_folder.c map/map_writer.c map/map_grow.c \
    map/map_move.c map/map_rebuild.c map/map_retire.c map/map_snapshot.c map/map_check.c \
    -- -DTABLE_ROOM=4096 || exit 1
