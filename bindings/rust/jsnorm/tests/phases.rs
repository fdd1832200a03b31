// SPDX-License-Identifier: Apache-2.0
//! Phases give what fused operations give, and refuse what does not fit.

use jsnorm::phases::*;
use jsnorm::*;

const C: usize = 4;
const POSITIONS: usize = 6;
const GAMMA: [f64; C] = [1.5, -0.5, 2.0, 0.25];
const BETA: [f64; C] = [0.0, 1.0, -1.0, 0.5];

fn numbers(samples: usize, salt: usize) -> Vec<f64> {
    (0..samples * C * POSITIONS).map(|i| ((i * 53 + salt) % 97) as f64 / 16.0 - 3.0).collect()
}

/// Everything that a step computes.
#[derive(Debug, Default, PartialEq)]
struct Step {
    y: Vec<f64>,
    dx: Vec<f64>,
    dz: Vec<f64>,
    dgamma: [f64; C],
    dbeta: [f64; C],
    running: [[f64; C]; 2],
}

fn tools() -> (Handle, Norm, Workspace) {
    let norm = Norm::batch_norm()
        .activation(Activation::RELU)
        .parameter_gradient_scope(ParameterGradientScope::GLOBAL)
        .build();
    (Handle::new(Backend::CPU).unwrap(), norm.unwrap(), Workspace::new())
}

fn fused(x: &[f64], z: &[f64], dy: &[f64]) -> Result<Step> {
    let (handle, norm, mut workspace) = tools();
    let layout = Layout::packed(&[x.len() / C / POSITIONS, C, POSITIONS])?;
    let zeros = || vec![0.0; x.len()];
    let mut step = Step { y: zeros(), dx: zeros(), dz: zeros(), ..Step::default() };
    let (mut mean, mut variance) = ([0.0; C], [0.0; C]);
    let mut mask = vec![0; layout.mask_words()?];
    let [running_mean, running_variance] = &mut step.running;
    ForwardTraining::new(layout.of(x), layout.of_mut(&mut step.y))
        .z(layout.of(z))
        .gamma(&GAMMA)
        .beta(&BETA)
        .saved(&mut mean, &mut variance)
        .running(running_mean, running_variance, Average::Factor(0.25))
        .mask(&mut mask)
        .run(&handle, &norm, &mut workspace)?;
    Backward::new(layout.of(x), layout.of(dy), &mean, &variance)
        .gamma(&GAMMA)
        .mask(&mask)
        .dx(layout.of_mut(&mut step.dx))
        .dz(layout.of_mut(&mut step.dz))
        .dgamma(&mut step.dgamma)
        .dbeta(&mut step.dbeta)
        .run(&handle, &norm, &mut workspace)?;
    Ok(step)
}

/// The same with the samples cut into parts of these sizes, each with its own layout.
fn in_phases(x: &[f64], z: &[f64], dy: &[f64], samples: &[usize]) -> Result<Step> {
    let (handle, norm, mut workspace) = tools();
    let layouts: Vec<Layout<f64>> =
        samples.iter().map(|&n| Layout::packed(&[n, C, POSITIONS])).collect::<Result<_>>()?;
    let mut end = 0;
    let ranges: Vec<_> = layouts
        .iter()
        .map(|layout| {
            let begin = end;
            end += layout.elements();
            begin..end
        })
        .collect();
    let parts = || layouts.iter().zip(&ranges).enumerate();
    let any = &layouts[0];

    let bytes = norm.record_size(any, RecordFormat::MOMENTS)?;
    let mut records = AlignedBytes::new(bytes * samples.len());
    for (i, (layout, range)) in parts() {
        let record = &mut records[i * bytes..(i + 1) * bytes];
        ForwardStatistics::new(layout.of(&x[range.clone()]), record).run(
            &handle,
            &norm,
            &mut workspace,
        )?;
    }
    let mut forward_coefficients = AlignedBytes::new(norm.forward_coefficient_size(any)?);
    let mut step = Step::default();
    let (mut mean, mut variance, mut count) = ([0.0; C], [0.0; C], [0]);
    let [running_mean, running_variance] = &mut step.running;
    ForwardFinalize::new(any, &records, &mut forward_coefficients)
        .saved(&mut mean, &mut variance)
        .total_count(&mut count)
        .running(running_mean, running_variance, Average::Factor(0.25))
        .run(&handle, &norm, &mut workspace)?;
    assert_eq!(count[0] as usize, x.len() / C);

    let mut masks = Vec::new();
    let mut sums = vec![0.0; 2 * C * samples.len()];
    for (i, (layout, range)) in parts() {
        let x = layout.of(&x[range.clone()]);
        let mut y = z[range.clone()].to_vec();
        let mut mask = vec![0; layout.mask_words()?];
        ForwardApply::in_place_of_residual(x, layout.of_mut(&mut y), &forward_coefficients)
            .gamma(&GAMMA)
            .beta(&BETA)
            .mask(&mut mask)
            .run(&handle, &norm, &mut workspace)?;
        step.y.extend(y);
        let sums = &mut sums[i * 2 * C..(i + 1) * 2 * C];
        BackwardReduce::new(x, layout.of(&dy[range.clone()]), &mean, sums).mask(&mask).run(
            &handle,
            &norm,
            &mut workspace,
        )?;
        masks.push(mask);
    }
    let mut coefficients = AlignedBytes::new(norm.backward_coefficient_size(any)?);
    BackwardFinalize::new(any, &sums, &count, [&mean, &variance], &mut coefficients)
        .gamma(&GAMMA)
        .dgamma(&mut step.dgamma)
        .dbeta(&mut step.dbeta)
        .run(&handle, &norm, &mut workspace)?;
    for (i, (layout, range)) in parts() {
        let mut dx = dy[range.clone()].to_vec();
        let mut dz = vec![0.0; dx.len()];
        BackwardApply::dx_in_place(
            layout.of(&x[range.clone()]),
            layout.of_mut(&mut dx),
            &coefficients,
        )
        .gamma(&GAMMA)
        .mask(&masks[i])
        .dz(layout.of_mut(&mut dz))
        .run(&handle, &norm, &mut workspace)?;
        step.dx.extend(dx);
        step.dz.extend(dz);
    }
    Ok(step)
}

#[test]
fn one_part_is_the_fused_operation_bit_for_bit() {
    let (x, z, dy) = (numbers(5, 1), numbers(5, 20), numbers(5, 40));
    let whole = fused(&x, &z, &dy).unwrap();
    assert!(whole.y.contains(&0.0) && whole.y.iter().any(|&y| y > 0.5));
    assert_eq!(in_phases(&x, &z, &dy, &[5]).unwrap(), whole);
}

#[test]
fn parts_are_the_whole_and_an_empty_one_changes_no_bit() {
    let (x, z, dy) = (numbers(5, 1), numbers(5, 20), numbers(5, 40));
    let parts = in_phases(&x, &z, &dy, &[2, 3]).unwrap();
    assert_eq!(in_phases(&x, &z, &dy, &[0, 2, 0, 3]).unwrap(), parts);
    let whole = fused(&x, &z, &dy).unwrap();
    let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12);
    assert!(close(&parts.y, &whole.y) && close(&parts.dx, &whole.dx));
    assert!(close(&parts.dz, &whole.dz) && close(&parts.dgamma, &whole.dgamma));
    assert!(close(&parts.dbeta, &whole.dbeta) && close(&parts.running[1], &whole.running[1]));
}

#[test]
fn records_that_do_not_fit_are_refused() {
    let (handle, norm, mut workspace) = tools();
    let layout = Layout::<f64>::packed(&[2, C, POSITIONS]).unwrap();
    let bytes = norm.record_size(&layout, RecordFormat::MOMENTS).unwrap();
    let mut coefficients = AlignedBytes::new(norm.forward_coefficient_size(&layout).unwrap());
    let mut refused = |record: &[u8]| {
        let error = ForwardFinalize::new(&layout, record, &mut coefficients)
            .run(&handle, &norm, &mut workspace)
            .unwrap_err();
        (error.status(), error.message().to_owned())
    };
    let mut record = AlignedBytes::new(bytes + 16);
    let (status, message) = refused(&record[..bytes - 1]);
    assert_eq!(status, Status::BAD_PARAM_SIZE_INSUFFICIENT);
    let words = format!("records has {} entries, but needs {bytes}", bytes - 1);
    assert_eq!(message, format!("jsnormForwardFinalize: {words}"));
    assert_eq!(refused(&[]).0, Status::BAD_PARAM_SIZE_INSUFFICIENT);
    assert_eq!(refused(&record[8..bytes + 8]).0, Status::BAD_PARAM_MISALIGNED_POINTER);
    record[..8].copy_from_slice(&(-1i64).to_ne_bytes());
    record[12..16].copy_from_slice(&(C as i32).to_ne_bytes());
    assert_eq!(refused(&record[..bytes]).0, Status::BAD_PARAM_OUT_OF_BOUND);
    record[12..16].copy_from_slice(&7i32.to_ne_bytes());
    assert_eq!(refused(&record[..bytes]).0, Status::BAD_PARAM_SHAPE_MISMATCH);

    let not_batch = Norm::instance_norm().build().unwrap();
    let error = ForwardFinalize::new(&layout, &record[..bytes], &mut coefficients)
        .run(&handle, &not_batch, &mut workspace)
        .unwrap_err();
    assert_eq!(error.status(), Status::NOT_SUPPORTED);
}
