# SPDX-License-Identifier: Apache-2.0
list(APPEND girih_llm_sources cache/kv_cache.cpp cache/page_allocator.cpp)
list(APPEND girih_llm_headers cache/kv_cache.h cache/page_allocator.h cache/pages.h)
