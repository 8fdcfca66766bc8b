# SPDX-License-Identifier: Apache-2.0
list(APPEND girih_llm_sources
  model/deepseek_v3.cpp model/file_weights.cpp model/forward.cpp model/known_shapes.cpp model/llama.cpp model/load.cpp
  model/qwen2.cpp model/qwen3.cpp model/qwen3_moe.cpp model/random_weights.cpp)
list(APPEND girih_llm_headers model/forward.h model/known_shapes.h model/model.h model/weight_source.h)
