# SPDX-License-Identifier: Apache-2.0
list(APPEND girih_llm_sources files/json.cpp files/json_fields.cpp files/mapped_file.cpp files/utf8.cpp)
list(APPEND girih_llm_headers files/json.h files/json_fields.h files/mapped_file.h files/utf8.h)
