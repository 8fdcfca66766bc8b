// RUN: girih-opt %s -tile-pipeline | FileCheck %s

// Each conversion rounds: to f32, then to bf16. Upstream's canonical form
// would round once.
// CHECK-LABEL: func.func @rounds_twice
func.func @rounds_twice(%x: tensor<8xi32>) -> (tensor<8xbf16>, tensor<8xbf16>) {
  // CHECK-COUNT-2: arith.truncf {{.*}} : tensor<8xf32> to tensor<8xbf16>
  %s = arith.sitofp %x : tensor<8xi32> to tensor<8xf32>
  %u = arith.uitofp %x : tensor<8xi32> to tensor<8xf32>
  %a = arith.truncf %s : tensor<8xf32> to tensor<8xbf16>
  %b = arith.truncf %u : tensor<8xf32> to tensor<8xbf16>
  return %a, %b : tensor<8xbf16>, tensor<8xbf16>
}
