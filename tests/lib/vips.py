# SPDX-License-Identifier: BSD-2-Clause
"""What the command line of vips does, without a process for each call."""
import ctypes

# Its name since 2016; the daemon is linked to it.
lib = ctypes.CDLL("libvips.so.42")
glib = ctypes.CDLL("libglib-2.0.so.0")
gobject = ctypes.CDLL("libgobject-2.0.so.0")
POINTER, TEXTS = ctypes.c_void_p, ctypes.POINTER(ctypes.c_char_p)
for function in (lib.vips_operation_new, glib.g_option_context_new,
                 glib.g_option_group_new):
    function.restype = POINTER
glib.g_strdupv.restype = TEXTS
lib.vips_error_buffer.restype = ctypes.c_char_p

assert lib.vips_init(b"tests") == 0
# Files change between calls.
lib.vips_cache_set_max(0)


def vips(name, *args):
    """As *vips name args...* would; raises what it would say."""
    operation = POINTER(lib.vips_operation_new(name.encode()))
    assert operation, lib.vips_error_buffer()
    context = POINTER(glib.g_option_context_new(None))
    group = POINTER(glib.g_option_group_new(b"operation", b"", b"",
                                            operation, None))
    lib.vips_call_options(group, operation)
    glib.g_option_context_add_group(context, group)
    texts = [name.encode(), *(a.encode() for a in args), None]
    argv = glib.g_strdupv((ctypes.c_char_p * len(texts))(*texts))
    wrong = not glib.g_option_context_parse_strv(
        context, ctypes.byref(argv), None)
    argc = next(i for i in range(len(texts)) if argv[i] is None)
    wrong = wrong or lib.vips_call_argv(
        operation, argc - 1, ctypes.byref(argv.contents,
                                           ctypes.sizeof(POINTER)))
    glib.g_strfreev(argv)
    glib.g_option_context_free(context)
    lib.vips_object_unref_outputs(operation)
    gobject.g_object_unref(operation)
    said = lib.vips_error_buffer()
    lib.vips_error_clear()
    if wrong:
        raise ValueError(f"vips {name} {args}: {said}")
