// SPDX-License-Identifier: Apache-2.0
//! Strides, element types, places and threads that the safe interface allows, and their results.

use jsnorm::*;

const DIMS: [usize; 4] = [3, 5, 2, 4];
const COUNT: usize = 120;

fn numbers() -> Vec<f32> {
    (0..COUNT).map(|i| ((i * 53 + 7) % 97) as f32 / 8.0 - 3.0).collect()
}

fn forward(layout: &Layout<f32>, x: &[f32], origin: usize) -> Vec<f32> {
    let mut y = vec![0.0; x.len()];
    let (handle, norm) = (Handle::new(Backend::CPU).unwrap(), Norm::batch_norm().build().unwrap());
    ForwardTraining::new(
        layout.of(x).beginning_at(origin),
        layout.of_mut(&mut y).beginning_at(origin),
    )
    .run(&handle, &norm, &mut Workspace::new())
    .unwrap();
    y
}

/// Where element (n, c, h, w) of a packed tensor lies by these strides.
fn place(packed: usize, strides: [isize; 4]) -> isize {
    let mut rest = packed;
    let mut offset = 0;
    for axis in (0..4).rev() {
        offset += (rest % DIMS[axis]) as isize * strides[axis];
        rest /= DIMS[axis];
    }
    offset
}

#[test]
fn strides_change_where_results_lie_and_nothing_else() {
    let x = numbers();
    let expected = forward(&Layout::packed(&DIMS).unwrap(), &x, 0);
    let channels_last = [40, 1, 20, 5];
    let backwards = [-40, -8, -4, -1];
    for (strides, origin) in [(channels_last, 0), (backwards, COUNT - 1)] {
        let at = |packed| (origin as isize + place(packed, strides)) as usize;
        let mut moved = vec![0.0; COUNT];
        (0..COUNT).for_each(|i| moved[at(i)] = x[i]);
        let y = forward(&Layout::strided(&DIMS, &strides).unwrap(), &moved, origin);
        for i in 0..COUNT {
            let error = (y[at(i)] - expected[i]).abs(); // sums are in another order
            assert!(error < 1e-5, "{strides:?}: element {i} is off by {error:e}");
        }
    }
}

#[test]
fn in_place_and_elsewhere_are_the_same_bits() {
    let layout = Layout::packed(&DIMS).unwrap();
    let (handle, norm) =
        (Handle::new(Backend::CPU).unwrap(), Norm::instance_norm().build().unwrap());
    let (x, z) = (numbers(), numbers().into_iter().rev().collect::<Vec<_>>());
    let mut workspace = Workspace::new();
    let mut y = vec![0.0; COUNT];
    let (mut mean, mut variance) = ([0.0; 15], [0.0; 15]);
    ForwardTraining::new(layout.of(&x), layout.of_mut(&mut y))
        .z(layout.of(&z))
        .saved(&mut mean, &mut variance)
        .run(&handle, &norm, &mut workspace)
        .unwrap();
    let (mut of_x, mut of_z) = (x.clone(), z.clone());
    ForwardTraining::in_place(layout.of_mut(&mut of_x))
        .z(layout.of(&z))
        .run(&handle, &norm, &mut workspace)
        .unwrap();
    ForwardTraining::in_place_of_residual(layout.of(&x), layout.of_mut(&mut of_z))
        .run(&handle, &norm, &mut workspace)
        .unwrap();
    assert!(y == of_x && y == of_z);

    let mut dx = vec![0.0; COUNT];
    Backward::new(layout.of(&x), layout.of(&z), &mean, &variance)
        .dx(layout.of_mut(&mut dx))
        .run(&handle, &norm, &mut workspace)
        .unwrap();
    let mut gradient = z.clone();
    Backward::dx_in_place(layout.of(&x), layout.of_mut(&mut gradient), &mean, &variance)
        .run(&handle, &norm, &mut workspace)
        .unwrap();
    assert_eq!(dx, gradient);
    let mut gradient = z.clone();
    let mut dx = vec![0.0; COUNT];
    Backward::dz_in_place(layout.of(&x), layout.of_mut(&mut gradient), &mean, &variance)
        .dx(layout.of_mut(&mut dx))
        .run(&handle, &norm, &mut workspace)
        .unwrap();
    assert_eq!(gradient, z, "without an activation dz is dy");
}

#[test]
fn half_and_bfloat16_take_their_own_and_float_parameters() {
    // 1, 2, 3, 4 as tokens of one row; NONE, so that the row's own statistics count.
    let x = [0x3f80, 0x4000, 0x4040, 0x4080].map(BFloat16);
    let layout = Layout::packed(&[1, 1, 4]).unwrap();
    let handle = Handle::new(Backend::CPU).unwrap();
    let builder = Norm::layer_norm().estimators(Estimator::NONE, Estimator::NONE);
    let norm = builder.epsilon(0.0).build().unwrap();
    let one = BFloat16(0x3f80);
    let mut y = [BFloat16(0); 4];
    ForwardTraining::new(layout.of(&x), layout.of_mut(&mut y))
        .gamma(&[one; 4])
        .run(&handle, &norm, &mut Workspace::new())
        .unwrap();
    let mut by_float = [BFloat16(0); 4];
    ForwardTraining::new(layout.of(&x), layout.of_mut(&mut by_float))
        .gamma(&[1.0f32; 4])
        .run(&handle, &norm, &mut Workspace::new())
        .unwrap();
    assert_eq!(y, by_float);
    let expected = [-1.3416408, -0.4472136, 0.4472136, 1.3416408f32];
    for (got, right) in y.iter().zip(expected) {
        assert!((got.to_f32() - right).abs() < 0.005, "{y:?}");
    }

    let halves = [0x3c00, 0x4000, 0x4200, 0x4400].map(Half);
    let layout = Layout::packed(&[1, 1, 4]).unwrap();
    let mut y = [Half(0); 4];
    ForwardTraining::new(layout.of(&halves), layout.of_mut(&mut y))
        .run(&handle, &norm, &mut Workspace::new())
        .unwrap();
    assert_eq!(y, [0xbd5e, 0xb728, 0x3728, 0x3d5e].map(Half)); // 1.3416408 and 0.4472136, rounded
}

#[test]
fn running_statistics_may_have_another_type_than_x() {
    let layout = Layout::<f32>::packed(&[4, 1]).unwrap();
    let (handle, norm) = (Handle::new(Backend::CPU).unwrap(), Norm::batch_norm().build().unwrap());
    let mut x = [1.0, 3.0, 5.0, 7.0];
    let (mut mean, mut variance) = ([0.0f64], [0.0f64]);
    let updates = [0];
    ForwardTraining::in_place(layout.of_mut(&mut x))
        .running(&mut mean, &mut variance, Average::Step(Input::from(&updates)))
        .run(&handle, &norm, &mut Workspace::new())
        .unwrap();
    // The variance of 4 elements times 4/3; a float would be off by 1e-7.
    assert!(mean[0] == 4.0 && (variance[0] - 20.0 / 3.0).abs() < 1e-14, "{mean:?} {variance:?}");
}

#[test]
fn traffic_counts_every_tensor_once() {
    let layout = Layout::<f32>::packed(&DIMS).unwrap();
    let (handle, norm) = (Handle::new(Backend::CPU).unwrap(), Norm::batch_norm().build().unwrap());
    let operation = Operation::FORWARD_TRAINING;
    let bytes = |tensors| handle.memory_traffic(&norm, &layout, operation, tensors).unwrap();
    assert_eq!(bytes(0).least_tensor_bytes as usize, 2 * 4 * COUNT);
    let with_z = bytes(sys::JSNORM_TRAFFIC_RESIDUAL);
    assert_eq!(with_z.least_tensor_bytes as usize, 3 * 4 * COUNT);
    assert!(handle.memory_traffic(&norm, &layout, operation, 1 << 20).is_err());
}

#[test]
fn tensors_without_elements_succeed() {
    let layout = Layout::<f32>::packed(&[0, 3, 4]).unwrap();
    let (handle, norm) = (Handle::new(Backend::CPU).unwrap(), Norm::batch_norm().build().unwrap());
    handle.set_pointer_checks(true).unwrap();
    let (mut mean, mut variance) = ([9.0; 3], [9.0; 3]);
    ForwardTraining::in_place(layout.of_mut(&mut Vec::new()))
        .saved(&mut mean, &mut variance)
        .run(&handle, &norm, &mut Workspace::new())
        .unwrap();
    assert_eq!((mean, variance), ([0.0; 3], [0.0; 3]));
}

#[test]
fn handles_move_and_norms_and_layouts_are_shared() {
    fn may_move<T: Send>(_: &T) {}
    fn may_be_shared<T: Send + Sync>(_: &T) {}
    let (norm, layout) =
        (Norm::batch_norm().build().unwrap(), Layout::<f32>::packed(&DIMS).unwrap());
    may_be_shared(&norm);
    may_be_shared(&layout);
    let handle = Handle::new(Backend::CPU).unwrap();
    may_move(&handle);
    let expected = forward(&layout, &numbers(), 0);
    let (norm, layout) = (&norm, &layout);
    std::thread::scope(|scope| {
        for handle in [handle, Handle::new(Backend::CPU).unwrap()] {
            let expected = &expected;
            scope.spawn(move || {
                let mut x = numbers();
                ForwardTraining::in_place(layout.of_mut(&mut x))
                    .run(&handle, norm, &mut Workspace::new())
                    .unwrap();
                assert_eq!(&x, expected);
            });
        }
    });
}
