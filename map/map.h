/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shared map: aliases, epochs and revocations, written by one daemon and
 * read by every Varnish worker of the machine. Knows neither Varnish nor
 * libevent nor SQLite.
 *
 * A folder on tmpfs holds a control page (always the same inode) and one data
 * file a generation. doc/architecture-map.rst has the layout and the proofs.
 */
#ifndef MAP_H
#define MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAP_HASH_LEN	20		/* bytes of a source hash */
#define MAP_ORG_MAX	63		/* bytes of an organization's name */
#define MAP_NAME_MAX	255		/* bytes of an alias's or stack's name */
/* An organization's name, "/" and what map_scope_set() or _nth() adds. */
#define MAP_OWNER_MAX	(MAP_ORG_MAX + 22)

/* What a record is about; also the first byte of its key. */
enum map_kind {
	MAP_KIND_ALIAS = 1,		/* (organization, name) -> hash, epoch */
	/* (organization, hash) -> epoch, soft, revoked */
	MAP_KIND_SOURCE,
	MAP_KIND_STACK,		/* (organization, name) -> epoch, soft */
	MAP_KIND_ORGANIZATION,	/* organization -> epoch, soft */
	/* organization -> shown, and in epoch MAP_FALLBACK_... */
	MAP_KIND_FALLBACK,
	/*
	 * What is planned: (organization/set, name) -> shown, if it is not
	 * deleted; a name "" for the set itself. And (organization/n, name) ->
	 * the same, due and revoked, of the change of the alias that is the nth
	 * to come; revoked: back to what it points at now.
	 */
	MAP_KIND_PLAN,
	/* (organization, id) -> shown: what verifies tokens, until due */
	MAP_KIND_PREVIEW,
	MAP_KINDS
};

/*
 * The organization of a MAP_KIND_PLAN: of the set *id*, or the nth change of an
 * alias. *org* has at most MAP_ORG_MAX bytes; returns the length.
 */
size_t map_scope_set(char owner[MAP_OWNER_MAX + 1], const char *org,
    uint64_t id);
size_t map_scope_nth(char owner[MAP_OWNER_MAX + 1], const char *org,
    unsigned n);
#define MAP_NTH_MAX	64	/* changes of an alias */

/* How the fallback image is shown. */
#define MAP_FALLBACK_FOUND	0x1	/* with status 200, not 404 */
#define MAP_FALLBACK_ALL	0x2	/* for hashes, too */

/* What is known of a key. */
struct map_value {
	uint64_t	epoch;			/* 0: never purged */
	uint64_t	soft;			/* 0: never purged softly */
	uint64_t	due_ms;			/* of its next change, 0: none */
	uint8_t		hash[MAP_HASH_LEN];	/* of an alias, else zero */
	/*
	 * Where an alias pointed at its last purge, if that is elsewhere, and
	 * where it pointed just before, if that is a third. Of a fallback, the
	 * image that is shown.
	 */
	uint8_t		shown[MAP_HASH_LEN];	/* if has_shown */
	uint8_t		previous[MAP_HASH_LEN];	/* if has_previous */
	bool		has_shown, has_previous;
	/*
	 * For the writer, as readers never get it: what comes with a turn, zero
	 * for a record that goes. The hash is zero if there is none so far.
	 */
	uint8_t		next[MAP_HASH_LEN];	/* if next_turn is not 0 */
	uint64_t	next_epoch;
	uint64_t	next_turn;
	/*
	 * Of a source: it may not be shown. Of an organization: where it has no
	 * such alias the origin may find one elsewhere. Of a plan: see above.
	 */
	bool		revoked;
};

struct map_key {
	enum map_kind	kind;
	const char	*org;
	size_t		org_len;
	/* name of alias or stack, MAP_HASH_LEN raw bytes of a source, or empty */
	const void	*name;
	size_t		name_len;
};

/* What the writer tells the readers about itself, beside the records. */
struct map_settings {
	uint32_t	alias_max_age;	/* seconds, less than 2^31 each */
	uint32_t	alias_swr;
	bool		alias_fallback;	/* show the old one before an error */
};

/*--------------------------------------------------------------------
 * Reading. A reader may be used by any number of threads at once; a look-up
 * takes no lock, makes no system call and writes to no shared memory.
 */

enum map_answer {
	MAP_FOUND,
	MAP_ABSENT,
	MAP_UNATTACHED		/* no usable map: ask the origin */
};

struct map_reader;

struct map_status {
	bool		attached;
	bool		healthy;	/* attached, heartbeat is recent */
	uint64_t	generation;
	uint64_t	entries[MAP_KINDS];
	uint64_t	heartbeat_ms;	/* unix time of the writer's last sign */
	uint64_t	remaps;		/* data files mapped since open */
	uint64_t	bad;		/* data files or pages refused */
	char		reason[128];	/* why not attached, or "" */
};

/*
 * Opens the map in folder *dir*, which need not exist yet.
 * Returns NULL only without memory.
 */
struct map_reader *map_reader_open(const char *dir);

/* No thread may be in a look-up any more. NULL is allowed. */
void map_reader_close(struct map_reader *);

/*
 * Looks *key* up and copies what is known to *value* (zeroed when the answer
 * is not MAP_FOUND).
 */
enum map_answer map_find(struct map_reader *, const struct map_key *,
    struct map_value *value);

/*
 * House-keeping, from any thread, as often as one likes (once a request): at
 * most every 100 ms it looks whether the folder was replaced, and gives back
 * a slice of an old mapping. *now_ms* is unix time in milliseconds.
 */
void map_reader_tick(struct map_reader *, uint64_t now_ms);

/*
 * The settings of this moment. False, and *settings* as it was, without a map
 * or if its writer has given none. As cheap as a look-up.
 */
bool map_reader_settings(struct map_reader *, struct map_settings *settings);

/*
 * A number that changes with each map_writer_turn(): if it is the same before
 * and after some look-ups, no turn came between them. 0 without a map.
 */
uint64_t map_reader_turn(struct map_reader *);

/* The state of the map's current generation, even if nobody reads from it. */
void map_reader_status(struct map_reader *, uint64_t now_ms,
    struct map_status *);

/*--------------------------------------------------------------------
 * Writing: one thread of one process.
 */

struct map_writer;

#define MAP_STORE_ID_LEN	16

/*
 * Opens or makes the map in *dir* (created 0755 if it is missing). A map that
 * is sound and belongs to *store_id* is continued. Anything else is replaced
 * by an empty one, which readers do not see before its first commit or the
 * end of its rebuild: an unknown alias must not be a 404 because the daemon
 * has not got so far. Takes a lock, so that there is one writer.
 * Returns NULL and a sentence in *err*.
 */
struct map_writer *map_writer_open(const char *dir,
    const uint8_t store_id[MAP_STORE_ID_LEN], char *err, size_t err_len);

/* Leaves the map in place for the readers. NULL is allowed. */
void map_writer_close(struct map_writer *);

/* The last sequence number committed, 0 for a new map. */
uint64_t map_writer_seq(const struct map_writer *);

/* Bytes of the index, and of all records that were put since it was made. */
uint64_t map_writer_used(const struct map_writer *);

/*
 * Sets (or, with *value* NULL, removes) one record. Visible to every look-up
 * that begins after the return. A new generation is made when the old one is
 * full or mostly garbage.
 * Returns 0, or an errno (ENOSPC: the map is unchanged and still sound).
 */
int map_writer_put(struct map_writer *, const struct map_key *,
    const struct map_value *value);

/*
 * The same of an alias, but unseen until map_writer_turn(), which shows all that
 * was staged in one instant: a look-up that begins after one that gave a new
 * value gives the new value of every other. Each has to be put as well, after
 * the turn. What was staged without a turn is overwritten by that.
 */
int map_writer_stage(struct map_writer *, const struct map_key *,
    const struct map_value *value);
void map_writer_turn(struct map_writer *);

/*
 * Does the map have this hash and epoch of the alias, or, *value* NULL, none?
 * What was staged counts as it is after the last turn.
 */
bool map_writer_has(const struct map_writer *, const struct map_key *,
    const struct map_value *value);

/*
 * Notes that all changes up to *seq* are in the map. The first one shows a new
 * map to the readers; it may take 150 ms then, so that none of them can still
 * use a folder that was removed before.
 */
void map_writer_commit(struct map_writer *, uint64_t seq);

/* What map_reader_settings() gives from the return of this on. */
void map_writer_settings(struct map_writer *, const struct map_settings *);

/*
 * Rebuilds from nothing: between begin and end every put goes into a generation
 * built aside, which readers see only after end. *expected* sizes it. Meanwhile
 * they go on with the old one, if there is any. Both return 0 or an errno; if a
 * put has failed in between, end returns that, and shows nothing.
 */
int map_writer_rebuild_begin(struct map_writer *, uint64_t expected);
int map_writer_rebuild_end(struct map_writer *, uint64_t seq);

/*
 * Takes the map away from the readers, who ask the origin until it is restored
 * or a rebuild has ended: for a change that cannot be published, so that nobody
 * is told what is not true any more. Puts go on into what nobody sees.
 */
void map_writer_withdraw(struct map_writer *);

/*
 * What could not be put has been put by now, in its order: the next commit
 * shows the map again.
 */
void map_writer_restore(struct map_writer *);

/* The sign of life alone, with unix time: for whoever has the writer for long. */
void map_writer_alive(struct map_writer *, uint64_t now_ms);

/*
 * The sign of life, to be called every 100 ms or so, with unix time. Also does
 * up to 2 ms of work that puts had no time for. A folder that somebody removed
 * is made anew in this way, from what is in memory; readers go on with the old
 * one, changes included, until that is done.
 * Returns 0 or an errno; EBUSY: another process has taken the folder over.
 */
int map_writer_heartbeat(struct map_writer *, uint64_t now_ms);

/*
 * Is a removed folder being made anew? New readers find nothing until then, so
 * heartbeats should follow each other with little more than a breath between.
 */
bool map_writer_moving(const struct map_writer *);

/* How often that was done. A small one is made within one heartbeat. */
uint64_t map_writer_moves(const struct map_writer *);

/*--------------------------------------------------------------------
 * Checking, for moniker-map and tests.
 */

typedef void map_problem_f(void *priv, const char *where, const char *what);

/* Returns the number of problems in the map of *dir*; 0 is a sound map. */
unsigned map_check(const char *dir, map_problem_f *, void *priv);

/* The database that a folder's map belongs to, and how far the map got. */
struct map_owner {
	uint8_t		store_id[MAP_STORE_ID_LEN];
	uint64_t	seq;
	uint64_t	aliases;
};

/* False when there is no map that a reader would use. */
bool map_owner(const char *dir, struct map_owner *);

typedef int map_record_f(void *priv, const struct map_key *,
    const struct map_value *);

/*
 * Calls *func* for each record, stops when it returns other than 0 and returns
 * that. -1: no usable map.
 */
int map_each(const char *dir, map_record_f *func, void *priv);

#endif
