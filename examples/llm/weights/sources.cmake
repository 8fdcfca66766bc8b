# SPDX-License-Identifier: Apache-2.0
list(APPEND girih_llm_sources
  weights/check_weights.cpp weights/copy_progress.cpp weights/default_model.cpp weights/expected_tensors.cpp
  weights/safetensors.cpp weights/safetensors_json.cpp weights/shard_index.cpp weights/tensor_list.cpp
  weights/weight_files.cpp)
list(APPEND girih_llm_headers
  weights/check_weights.h weights/copy_progress.h weights/default_model.h weights/expected_tensors.h weights/safetensors.h
  weights/safetensors_json.h weights/shard_index.h weights/tensor_list.h weights/weight_files.h)

# The assembler reads these: a change of one has to reach the object.
set(default_model "${CMAKE_CURRENT_SOURCE_DIR}/data/bard-5m")
set(default_model_files "")
foreach(file IN ITEMS config.json generation_config.json model.safetensors reference.json tokenizer.json tokenizer_config.json)
  list(APPEND default_model_files "${default_model}/${file}")
endforeach()
set_source_files_properties(weights/default_model.cpp PROPERTIES
  OBJECT_DEPENDS "${default_model_files}" COMPILE_DEFINITIONS "GIRIH_DEFAULT_MODEL=\"${default_model}\"")
