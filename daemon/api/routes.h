/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of routes. Nothing else knows paths. */
#ifndef ROUTES_H
#define ROUTES_H

#include "http/router.h"

#define API_ROUTES(R)							\
	R("GET", "/", root)						\
	R("GET", "/health", health)					\
	R("GET", "/ready", ready)					\
	R("GET", "/metrics", metrics)					\
	R("POST", "/backup", backup)					\
	R("GET", "/openapi.yaml", openapi)				\
	R("GET", "/operations", operations)				\
	R("GET", "/stackoptions", stackoptions)				\
	R("GET", "/organizations", org_list)				\
	R("GET", "/organizations/{organization}", org_get)		\
	R("PUT", "/organizations/{organization}", org_put)		\
	R("PUT", "/organizations/{organization}/options", org_options_put) \
	R("PUT", "/organizations/{organization}/options/{option}",	\
	    org_option_put)						\
	R("DELETE", "/organizations/{organization}/options/{option}",	\
	    org_option_delete)						\
	R("GET", "/organizations/{organization}/quota", org_quota)	\
	R("GET", "/organizations/{organization}/audit", audit_list)	\
	R("GET", "/organizations/{organization}/keys", key_list)	\
	R("POST", "/organizations/{organization}/keys", key_new)	\
	R("PATCH", "/organizations/{organization}/keys/{key}", key_edit) \
	R("DELETE", "/organizations/{organization}/keys/{key}", key_delete) \
	R("GET", "/organizations/{organization}/memberships", member_list) \
	R("POST", "/organizations/{organization}/memberships", member_new) \
	R("GET", "/organizations/{organization}/memberships/{user}",	\
	    member_get)							\
	R("PUT", "/organizations/{organization}/memberships/{user}",	\
	    member_put)							\
	R("DELETE", "/organizations/{organization}/memberships/{user}",	\
	    member_delete)						\
	R("GET", "/organizations/{organization}/signing_keys",		\
	    sign_key_list)						\
	R("POST", "/organizations/{organization}/signing_keys",		\
	    sign_key_new)						\
	R("PATCH", "/organizations/{organization}/signing_keys/{signing_key}", \
	    sign_key_edit)						\
	R("DELETE", "/organizations/{organization}/signing_keys/{signing_key}", \
	    sign_key_delete)						\
	R("GET", "/organizations/{organization}/webhooks", webhook_list) \
	R("POST", "/organizations/{organization}/webhooks", webhook_new) \
	R("GET", "/organizations/{organization}/webhooks/{webhook}",	\
	    webhook_get)						\
	R("PATCH", "/organizations/{organization}/webhooks/{webhook}",	\
	    webhook_edit)						\
	R("DELETE", "/organizations/{organization}/webhooks/{webhook}",	\
	    webhook_delete)						\
	R("POST", "/organizations/{organization}/webhooks/{webhook}/secret", \
	    webhook_secret)						\
	R("POST", "/organizations/{organization}/webhooks/{webhook}/test", \
	    webhook_test)						\
	R("GET", "/organizations/{organization}/webhooks/{webhook}/events", \
	    webhook_events)						\
	R("GET", "/organizations/{organization}/webhooks/{webhook}"	\
	    "/events/{event}",						\
	    webhook_event)						\
	R("POST", "/organizations/{organization}/webhooks/{webhook}"	\
	    "/events/{event}/resend",					\
	    webhook_resend)						\
	R("POST", "/organizations/{organization}/keys/{key}/links",	\
	    session_link_new)						\
	R("GET", "/session", session_get)				\
	R("POST", "/session", session_post)				\
	R("DELETE", "/session", session_delete)				\
	R("POST", "/session/link", session_link)			\
	R("GET", "/dashboard", dashboard_redirect)			\
	R("GET", "/dashboard/", dashboard_index)			\
	R("GET", "/dashboard/{version}/{file}", dashboard_file)		\
	R("GET", "/user", user_get)					\
	R("GET", "/user/memberships", member_own)			\
	R("GET", "/user/apikeys", user_key_list)			\
	R("POST", "/user/apikeys", user_key_new)			\
	R("GET", "/user/apikeys/current", user_key_current)		\
	R("GET", "/user/apikeys/token", token_get)			\
	R("POST", "/user/apikeys/token", token_post)			\
	R("POST", "/tokens/rotate", token_rotate)			\
	R("PATCH", "/user/apikeys/{key}", user_key_edit)		\
	R("DELETE", "/user/apikeys/{key}", user_key_delete)		\
	R("POST", "/sourceimages/{organization}", upload)		\
	R("GET", "/sourceimages/{organization}", source_list)		\
	R("DELETE", "/sourceimages/{organization}", source_delete_binary) \
	R("DELETE", "/sourceimages/{organization}/remote", remote_forget) \
	R("GET", "/sourceimages/{organization}/binaryhash/{binary_hash}", \
	    source_by_binary)						\
	R("GET", "/sourceimages/{organization}/{hash}", source_get)	\
	R("DELETE", "/sourceimages/{organization}/{hash}", source_delete) \
	R("GET", "/sourceimages/{organization}/{hash}/download",	\
	    source_download)						\
	R("GET", "/sourceimages/{organization}/{hash}/thumbnail",	\
	    source_thumbnail)						\
	R("POST", "/sourceimages/{organization}/{hash}/restore",	\
	    source_restore)						\
	R("COPY", "/sourceimages/{organization}/{hash}", source_copy)	\
	R("POST", "/sourceimages/{organization}/{hash}/copy",		\
	    source_copy_post)						\
	R("POST", "/sourceimages/{organization}/{hash}/move",		\
	    source_move)						\
	R("POST", "/sourceimages/{organization}/copy", source_copy_all)	\
	R("POST", "/sourceimages/{organization}/move", source_move_all)	\
	R("POST", "/sourceimages/{organization}/rollback", rollback_many) \
	R("GET", "/sourceimages/{organization}/{hash}/aliases",		\
	    source_aliases)						\
	R("POST", "/sourceimages/{organization}/{hash}/aliases",	\
	    alias_repoint)						\
	R("PUT", "/sourceimages/{organization}/{hash}/name", source_name) \
	R("PUT", "/sourceimages/{organization}/{hash}/options/protected", \
	    source_protected)						\
	R("PUT", "/sourceimages/{organization}/{hash}/options/locked",	\
	    source_locked)						\
	R("GET", "/sourceimages/{organization}/{hash}/meta/user", meta_get) \
	R("PUT", "/sourceimages/{organization}/{hash}/meta/user", meta_put) \
	R("PATCH", "/sourceimages/{organization}/{hash}/meta/user",	\
	    meta_patch)							\
	R("DELETE", "/sourceimages/{organization}/{hash}/meta/user",	\
	    meta_delete)						\
	R("GET", "/sourceimages/{organization}/{hash}/meta/user/{field}", \
	    meta_field_get)						\
	R("PUT", "/sourceimages/{organization}/{hash}/meta/user/{field}", \
	    meta_field_put)						\
	R("DELETE", "/sourceimages/{organization}/{hash}/meta/user/{field}", \
	    meta_field_delete)						\
	R("PUT", "/sourceimages/{organization}/{hash}/meta/dynamic/{name}", \
	    dynamic_put)						\
	R("DELETE", "/sourceimages/{organization}/{hash}/meta/dynamic/{name}", \
	    dynamic_delete)						\
	R("DELETE", "/sourceimages/{organization}/{hash}/cache",	\
	    source_purge)						\
	R("GET", "/sourceimages/{organization}/alias", alias_list)	\
	R("POST", "/sourceimages/{organization}/alias", alias_bulk)	\
	R("PUT", "/sourceimages/{organization}/alias/{alias}", alias_put) \
	R("GET", "/sourceimages/{organization}/alias/{alias}", alias_get) \
	R("DELETE", "/sourceimages/{organization}/alias/{alias}",	\
	    alias_delete)						\
	R("GET", "/sourceimages/{organization}/alias/{alias}/history",	\
	    alias_history)						\
	R("POST", "/sourceimages/{organization}/alias/{alias}/rollback", \
	    alias_rollback)						\
	R("GET", "/sourceimages/{organization}/schedule", plan_list)	\
	R("GET", "/sourceimages/{organization}/alias/{alias}/schedule",	\
	    plan_list_alias)						\
	R("PUT", "/sourceimages/{organization}/alias/{alias}/schedule",	\
	    plan_put)							\
	R("DELETE", "/sourceimages/{organization}/alias/{alias}/schedule/{plan}", \
	    plan_delete)						\
	R("GET", "/sourceimages/{organization}/sets", set_list)		\
	R("GET", "/sourceimages/{organization}/sets/{set}", set_get)	\
	R("PUT", "/sourceimages/{organization}/sets/{set}", set_put)	\
	R("DELETE", "/sourceimages/{organization}/sets/{set}", set_delete) \
	R("POST", "/sourceimages/{organization}/sets/{set}/publish",	\
	    set_publish)						\
	R("POST", "/sourceimages/{organization}/sets/{set}/withdraw",	\
	    set_withdraw)						\
	R("POST", "/sourceimages/{organization}/preview", preview_post)	\
	R("DELETE", "/sourceimages/{organization}/alias/{alias}/cache",	\
	    alias_purge)						\
	R("GET", "/purges/{organization}", purge_list)			\
	R("GET", "/purges/{organization}/quota", quota_get)		\
	R("GET", "/purges/{organization}/{purge}", purge_get)		\
	R("GET", "/targets/{organization}", targets_get)		\
	R("GET", "/stacks/{organization}", stack_list)			\
	R("GET", "/stacks/{organization}/{stack}", stack_get)		\
	R("PUT", "/stacks/{organization}/{stack}", stack_put)		\
	R("DELETE", "/stacks/{organization}/{stack}", stack_delete)	\
	R("DELETE", "/stacks/{organization}/{stack}/cache", stack_purge) \
	R("GET", "/stats/{organization}", stats_get)			\
	R("POST", "/utils/{organization}/sign_url", sign_url)		\
	R("POST", "/utils/{organization}/render/{stack}", render_once)	\
	R("POST", "/utils/{organization}/render/{stack}/{segment}",	\
	    render_once_by)						\
	R("POST", "/utils/{organization}/render/{stack}/{segment}/{another}", \
	    render_once_by_two)

/* Sets *table*; returns its length. */
size_t routes(const struct route **table);

#endif
