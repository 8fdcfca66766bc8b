# SPDX-License-Identifier: Apache-2.0
girih_test(NAME llm_files
  SOURCES json_test.cpp json_fields_test.cpp mapped_file_test.cpp model_problems_test.cpp utf8_test.cpp
  LIBS girih_llm_files)
girih_test(NAME llm_config
  SOURCES model_config_test.cpp model_config_errors_test.cpp model_size_test.cpp generation_config_test.cpp
    config_report_test.cpp memory_plan_test.cpp
  LIBS girih_llm_files girih_test_support)
girih_test(NAME llm_weights
  SOURCES safetensors_test.cpp safetensors_hostile_test.cpp weight_files_test.cpp shard_index_test.cpp
    model_directory_test.cpp check_weights_test.cpp copy_progress_test.cpp tensor_list_test.cpp
  LIBS girih_llm_files girih_test_support)
