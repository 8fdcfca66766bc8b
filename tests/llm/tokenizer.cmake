# SPDX-License-Identifier: Apache-2.0
girih_support(NAME test_tokenizer_files SOURCES tokenizer_files.cpp LIBS girih_llm_files)
girih_test(NAME llm_tokenizer
  SOURCES tokenizer_test.cpp text_stream_test.cpp bpe_test.cpp byte_map_test.cpp pretokenizer_test.cpp
    added_tokens_test.cpp
  LIBS girih_llm_files girih_test_tokenizer_files girih_test_support)
girih_test(NAME llm_tokenizer_files
  SOURCES tokenizer_json_test.cpp tokenizer_config_test.cpp chat_template_test.cpp chat_recognition_test.cpp
    conversation_test.cpp tokenize_test.cpp
  LIBS girih_llm_files girih_test_tokenizer_files)
