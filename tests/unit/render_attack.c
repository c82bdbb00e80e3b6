/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <vips/vips.h>

#include "render_attack.h"

#define SLOWEST_MS	2000

static uint64_t seed = 20240229;

uint32_t
attack_rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return ((uint32_t)(seed >> 32) % n);
}

static double
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return ((double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6);
}

unsigned char *
attack_picture(const char *suffix, size_t *len)
{
	VipsImage *noise, *out;
	void *buf;

	assert_int_equal(vips_gaussnoise(&noise, 97, 61, "mean", 128.0,
	    NULL), 0);
	assert_int_equal(vips_cast_uchar(noise, &out, NULL), 0);
	assert_int_equal(vips_image_write_to_buffer(out, suffix, &buf, len,
	    NULL), 0);
	g_object_unref(noise);
	g_object_unref(out);
	return (buf);
}

/* Renders once; the time it took. */
static double
timed(const void *data, size_t len, struct rendered *out)
{
	double t = now_ms();

	render_bytes(data, len, "resize-width-10", "png", NULL, out);
	free(out->data);
	return (now_ms() - t);
}

enum render_status
attack(const void *data, size_t len, const char *what, char *error)
{
	struct rendered out;
	double t = timed(data, len, &out);

	/* Twice slow is not the machine's other work. */
	if (t > SLOWEST_MS && (t = timed(data, len, &out)) > SLOWEST_MS)
		fail_msg("%s: answered after %.0f ms", what, t);
	if (out.r.status == RENDER_CRASHED || out.r.status == RENDER_FAILED)
		fail_msg("%s: %s (seed %llu)", what, out.error,
		    (unsigned long long)seed);
	if (error != NULL)
		(void)strcpy(error, out.error);
	return (out.r.status);
}

void
attack_expect(const void *data, size_t len, const char *what,
    enum render_status status, const char *words)
{
	char error[256];

	if (attack(data, len, what, error) != status ||
	    strstr(error, words) == NULL)
		fail_msg("%s: not status %d but: %s", what, (int)status,
		    error);
}

void
attack_over(void)
{
	size_t len;
	unsigned char *p = attack_picture(".jpg", &len);
	struct render_stats st;

	assert_int_equal(attack(p, len, "good", NULL), RENDER_OK);
	g_free(p);
	render_pool_stats(render_pool_of_file(), &st);
	assert_int_equal(st.crashed, 0);
}

int
attack_start(void **state)
{
	const char *env = getenv("ATTACK_SEED");

	if (env != NULL)
		seed = strtoull(env, NULL, 10) | 1;
	return (render_group_start(state));
}
