# SPDX-License-Identifier: Apache-2.0
# Models and engine.
girih_support(NAME llm_reference SOURCES reference.cpp LIBS girih_llm girih_test_support nlohmann_json::nlohmann_json GTest::gtest)
girih_test(NAME llm_models SOURCES models_test.cpp LIBS girih_llm_reference LABELS llm gpu TIMEOUT 900)
girih_test(NAME llm_page_allocator SOURCES page_allocator_test.cpp LIBS girih_llm LABELS unit llm)
girih_test(NAME llm_engine SOURCES engine_test.cpp engine_reuse_test.cpp logits_test.cpp
  LIBS girih_llm_reference GTest::gmock LABELS llm gpu TIMEOUT 900)
girih_test(NAME llm_gpu_calls SOURCES gpu_calls_test.cpp ../runtime/fake_driver.cpp ../runtime/fake_driver_record.cpp LIBS girih_llm_reference LABELS llm TIMEOUT 900)
girih_test(NAME llm_variants SOURCES variants_test.cpp LIBS girih_llm_reference nlohmann_json::nlohmann_json LABELS llm gpu TIMEOUT 900)
