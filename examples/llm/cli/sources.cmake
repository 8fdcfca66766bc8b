# SPDX-License-Identifier: Apache-2.0
# What commands do beside running a model, so that tests reach it.
list(APPEND girih_llm_sources cli/config_report.cpp cli/conversation.cpp cli/tokenize.cpp)
list(APPEND girih_llm_headers cli/config_report.h cli/conversation.h cli/tokenize.h)
