# SPDX-License-Identifier: Apache-2.0
list(APPEND girih_llm_sources
  model/deepseek_v3.cpp model/file_weights.cpp model/forward.cpp model/grouped_query.cpp model/known_shapes.cpp model/load.cpp
  model/random_weights.cpp)
list(APPEND girih_llm_headers model/forward.h model/known_shapes.h model/model.h model/weight_source.h)
