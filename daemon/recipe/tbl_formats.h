/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FORMAT(id, extension, mimetype, holds): what we read or write. holds:
 * A transparency, M more than one frame, S can be saved, T is a text that
 * stands for the picture until that is there.
 */
FORMAT(JPG, "jpg", "image/jpeg", S)
FORMAT(PNG, "png", "image/png", S | A)
FORMAT(WEBP, "webp", "image/webp", S | A | M)
FORMAT(AVIF, "avif", "image/avif", S | A)
FORMAT(GIF, "gif", "image/gif", S | A | M)
FORMAT(JXL, "jxl", "image/jxl", S | A)
FORMAT(HEIF, "heif", "image/heif", S | A)
FORMAT(TIFF, "tiff", "image/tiff", A)
FORMAT(SVG, "svg", "image/svg+xml", A)
FORMAT(PDF, "pdf", "application/pdf", A)
FORMAT(JP2, "jp2", "image/jp2", A)
FORMAT(BLUR, "blur", "text/plain", S | T)
FORMAT(THUMBHASH, "thumbhash", "text/plain", S | T | A)
FORMAT(TTF, "ttf", "font/ttf", 0)
#undef FORMAT
