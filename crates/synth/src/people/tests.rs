use super::*;

fn people(count: u64) -> impl Iterator<Item = Person> {
    (0..count).map(|i| {
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        rng.set_stream(i);
        Person::sample(&mut rng)
    })
}

fn brightness(image: &Bitmap, [x, y]: Point) -> f64 {
    let at = (y as usize * image.width() as usize + x as usize) * 4;
    image.data()[at..at + 3].iter().map(|&v| f64::from(v)).sum::<f64>() / 765.0
}

#[test]
fn a_person_renders_opaque_and_deterministically() {
    for person in people(12) {
        let image = person.draw(89).unwrap();
        assert_eq!((image.width(), image.height()), (89, height(89)));
        assert!(image.data().chunks_exact(4).all(|pixel| pixel[3] == 255));
        assert_eq!(image, person.draw(89).unwrap());
    }
    let mut images = people(2).map(|person| person.draw(89).unwrap());
    assert_ne!(images.next(), images.next());
}

#[test]
fn most_irises_are_darker_than_the_white_of_the_eye() {
    let mut found = 0;
    for person in people(60) {
        let image = person.draw(178).unwrap();
        let [right, left] = person.pupils();
        let apart = (right[0] - left[0]).hypot(right[1] - left[1]);
        assert!((32.0..50.0).contains(&apart) && (right[1] - left[1]).abs() < 0.3 * apart);
        for eye in [right, left] {
            let iris = [[-0.8, 0.6], [0.8, 0.6], [0.0, 1.0]].map(|[x, y]| brightness(&image, [eye[0] + x, eye[1] + y]));
            let white = [-0.14, 0.14].map(|dx| brightness(&image, [eye[0] + dx * apart, eye[1] + 0.5]));
            found += usize::from(iris.iter().sum::<f64>() / 3.0 < white[0].max(white[1]));
        }
    }
    // Fringes and caps hide some eyes.
    assert!(found > 105, "{found} of 120");
}

#[test]
fn heads_turn_to_both_sides_up_to_the_maximum_yaw() {
    let yaws: Vec<f64> = people(400).map(|person| person.yaw()).collect();
    assert!(yaws.iter().all(|yaw| yaw.abs() <= MAX_YAW + 1e-9));
    assert!(yaws.iter().filter(|yaw| **yaw > 8.0).count() > 60);
    assert!(yaws.iter().filter(|yaw| **yaw < -8.0).count() > 60);
}
