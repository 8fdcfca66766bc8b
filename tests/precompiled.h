// SPDX-License-Identifier: Apache-2.0
// What nearly every test includes, parsed once. Each test includes what it
// needs all the same: the bundle's are compiled without this.
#pragma once

#include "girih/girih.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
