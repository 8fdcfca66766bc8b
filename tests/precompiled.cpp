// SPDX-License-Identifier: Apache-2.0
// A precompiled header needs a program that has the tests' options.
int main() { return 0; }
