# SPDX-License-Identifier: Apache-2.0
list(APPEND girih_llm_sources
  config/attention_config.cpp config/experts_config.cpp config/generation_config.cpp config/model_config.cpp
  config/model_size.cpp config/rope_config.cpp)
list(APPEND girih_llm_headers config/config_parts.h config/generation_config.h config/model_config.h)
